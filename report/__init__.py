"""What people read: a judged month as sections, rules for review, codes in words.

Pure: it turns a judgement and the records it rests on into tables and words. Agent and store
both make their packs and lists of it.
"""
