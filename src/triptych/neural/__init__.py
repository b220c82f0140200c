"""What back ends that run networks share: batches on torch, models in OpenVINO."""
