"""The live dashboard: a school's day for its principal, alerts, wallboards, and sums for the Education Department."""
