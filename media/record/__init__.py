"""Recording: the parts that viewers get are the bytes on the disk; an index in the database says where each lies."""
