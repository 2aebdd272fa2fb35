"""`feedbot doctor`: an installation looked at from outside and inside, a file for each subject."""
