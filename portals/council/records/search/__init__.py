"""Search over agendas, papers, votes, resolutions, interpellations and transcripts of all sessions."""
