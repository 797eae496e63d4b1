"""What is there beside what is registered: both sides as lists, and how they meet.

    stock = stock_of(readings)
    for meeting in stock.meetings: meeting.found, meeting.registered, meeting.differences

Found are the devices read, each chassis by its serial number, and what they see beside them.
"""

from evidence.inventory.absent import Absence, absence, state_of
from evidence.inventory.changed import Changed, inventory_changes
from evidence.inventory.found import Found, found_in
from evidence.inventory.meet import Difference, Meeting, Stock, stock_of
from evidence.inventory.register import Entry, entries_in

__all__ = [
    "Absence",
    "Changed",
    "Difference",
    "Entry",
    "Found",
    "Meeting",
    "Stock",
    "absence",
    "entries_in",
    "found_in",
    "inventory_changes",
    "state_of",
    "stock_of",
]
