"""Terms, clubs, councillors and committees, as the council's office keeps them."""
