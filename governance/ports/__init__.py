"""Small protocols between the rules and the world, and the values that cross them."""
