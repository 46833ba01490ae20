"""The school's office (sekretariat): people, imports, accounts, the next school year."""
