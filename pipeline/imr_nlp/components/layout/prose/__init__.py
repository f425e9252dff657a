"""Services that running text asks for and decides on.

`findings` reads the letter. `request_wordings` finds what was asked for, `items` cuts it into services, and `settled`
leaves out what is not at issue.
"""
