"""Messages inside the register: between staff, parents and pupils of a school."""
