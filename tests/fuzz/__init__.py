"""Random programs, run in jitvm and in luajit; what once failed stays under regress/."""
