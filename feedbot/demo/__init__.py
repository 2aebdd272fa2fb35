"""`feedbot demo`: a month of an invented publication and of the web that it links to, on loopback, in seconds."""
