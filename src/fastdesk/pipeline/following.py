"""What comes after a resolved conversation: the same one again, or a new one for the visitor's next words."""

from fastdesk.hub.live import Live
from fastdesk.pipeline.rooms import Rooms
from fastdesk.protocol.frames import Welcome

__all__ = ["follow"]


def follow(rooms: Rooms, live: Live) -> Live:
    """Return the conversation that goes on: after a resolved one that is a new one, to which its visitor's sessions move.

    While a message is still on its way to the disk it is the same one: its number must not be told in another conversation.
    """
    is_over = live.conversation.state == "resolved" and live.seq == live.durable_seq
    if not is_over or live.site.after_resolve == "reopen":
        return live
    following = rooms.lives.make(live.visitor, live.site)
    for each in tuple(live.visitors):
        live.visitors.remove(each)
        rooms.hub.join_visitor(each, following)
        each.send(Welcome(rooms.epoch, 0, following.visitor.id, following.conversation.id, "open"))
    return following
