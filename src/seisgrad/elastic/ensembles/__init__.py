"""How elastic earths are drawn: one file per family, each a function of a random generator and a grid."""
