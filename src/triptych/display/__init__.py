"""What people see: pages with boxes, answers with their proof, results as HTML."""
