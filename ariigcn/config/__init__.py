"""What a user wrote, checked: one class a section."""
