"""What the program tells about itself while it works: its log, its figures, its errors."""
