"""Raw bytes of a mail → a letter or a reason. All of it is pure."""
