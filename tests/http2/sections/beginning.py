"""RFC 9113 section 3: how a connection begins."""

import frames
from case import Case
from frames import PREFACE, SETTINGS, data, frame, ping, settings, settings_ack, window_update
from outcomes import AnsweredAsHttp1, connection_error, lives, ok
from steps import one_by_one, reply_on, settled

PREFACE_IS = ("3.4: \"The client connection preface starts with a sequence of 24 octets\"; \"Clients and servers MUST treat an invalid connection"
              " preface as a connection error of type PROTOCOL_ERROR.\"")
SETTINGS_FIRST = "3.4: \"This sequence MUST be followed by a SETTINGS frame, which MAY be empty.\""


def cases(to):
    not_begun = connection_error() + (AnsweredAsHttp1(),)

    def begins(asks, steps, accepts, **more):
        return Case("3.4", asks, steps, accepts, greet=False, **more)

    return [
        begins("A preface of other words ends the connection.", (b"PRI * HTTP/2.0\r\n\r\nSX\r\n\r\n" + settings(),), not_begun, rests_on=PREFACE_IS),
        begins("A preface of another version ends the connection.", (b"PRI * HTTP/3.0\r\n\r\nSM\r\n\r\n" + settings(),), not_begun, rests_on=PREFACE_IS),
        begins("No preface at all ends the connection.", (settings() + to.get(1),), not_begun, rests_on=PREFACE_IS),
        begins("SETTINGS has to be the first frame, not PING.", (PREFACE + ping(),), connection_error(), rests_on=SETTINGS_FIRST),
        begins("SETTINGS has to be the first frame, not HEADERS.", (PREFACE + to.get(1),), connection_error(), rests_on=SETTINGS_FIRST),
        begins("SETTINGS has to be the first frame, not WINDOW_UPDATE.", (PREFACE + window_update(0, 1),), connection_error(), rests_on=SETTINGS_FIRST),
        begins("SETTINGS has to be the first frame, not DATA.", (PREFACE + data(1, b"x"),), connection_error(), rests_on=SETTINGS_FIRST),
        begins("SETTINGS has to be the first frame, not an unknown one.", (PREFACE + frame(0xfe, payload=b"x"),), connection_error(),
               rests_on=SETTINGS_FIRST),
        begins("The first SETTINGS is no acknowledgement.", (PREFACE + settings_ack(),), connection_error(), rests_on=SETTINGS_FIRST),
        begins("An empty SETTINGS will do.", (PREFACE + settings(),), lives()),
        begins("The preface may come octet by octet.", (one_by_one(PREFACE + settings()),), lives()),
        begins("A request right behind the preface is answered.", (PREFACE + settings() + to.get(1), reply_on(1)), ok()),
        begins("The server's first frame is SETTINGS.", (PREFACE + settings(), settled()),
               lives(lambda peer: peer.first.type == SETTINGS and "ACK" not in peer.first.flags)),
        begins("The server acknowledges the SETTINGS of the preface.", (PREFACE + settings((frames.INITIAL_WINDOW_SIZE, 70000)), settled()),
               lives(lambda peer: peer.acknowledged == 1)),
        begins("A preface in the middle of a connection is no frame.", (PREFACE + settings() + PREFACE,),
               connection_error(frames.PROTOCOL_ERROR, frames.FRAME_SIZE_ERROR)),
    ]
