"""Article files in: what they say, as Article or Rejected, and which of them have changed."""
