"""What people of schools find at the bottom of a phone."""
