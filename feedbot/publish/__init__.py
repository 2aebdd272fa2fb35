"""Files out: a Feed becomes bytes, and the bytes become files that no reader ever sees torn."""
