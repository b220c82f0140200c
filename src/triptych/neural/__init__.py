"""What encoders, captioners and training on torch share; imported by those only."""
