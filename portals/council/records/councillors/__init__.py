"""What each councillor did: attendance, votes, speeches, interpellations, and who agrees with whom."""
