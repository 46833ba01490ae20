"""Files of people: read, judged line by line, compared with what the school has. Pure; nothing here writes."""
