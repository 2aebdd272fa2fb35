"""Everything remembered: state.db (SQLite), split by subject."""
