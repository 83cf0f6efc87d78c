"""The main report: what answers the question on few pages, drawn from all arms together.

Sections read whatever the document holds: a number that it does not have leaves its cell or its sentence out.
"""
