"""Documents made of a session's facts: draft minutes, named votes, attendance, a package for the public bulletin."""
