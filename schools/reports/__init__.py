"""What leaves the register: pages as PDF and XLSX, and the archive of a school year."""
