"""What feedbot knows: pure records and decisions, without I/O, clock or randomness."""
