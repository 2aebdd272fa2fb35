"""What kind of site a folder is, and what its generator's settings mean for feedbot: decisions over what was found."""
