"""Schools: who is in them, and the wall between them."""
