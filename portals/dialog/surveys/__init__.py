"""Surveys of consultations: questions with conditions, paper answers, results drawn."""
