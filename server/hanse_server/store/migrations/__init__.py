"""How the layout of the store came about, step by step; `store.migration` runs the steps."""
