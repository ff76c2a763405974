"""What is handed to a colleague: result files, figures and one self-contained page with sentences made from
numbers."""
