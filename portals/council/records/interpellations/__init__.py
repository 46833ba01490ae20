"""Interpellations and questions of councillors (interpelacje i zapytania), and their answers."""
