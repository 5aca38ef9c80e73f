/* Messages of a spec: built from the words of txreq and txresp, and split when they come. */
#ifndef SIM_SPEC_MESSAGE_H
#define SIM_SPEC_MESSAGE_H
#include "sim/actor_http.h"

struct spec_message {
    struct buf bytes;
    size_t date_at; /* where a Date's value stands that has to be renewed; STR_NOT_FOUND: none */
    int64_t date_s; /* the second that it says */
    bool is_head;   /* a request with the method HEAD */
    bool keeps;     /* good for the next time, as long as the words are the same */
};

/* From the words of the command under way. false: the scenario was told what is wrong. */
bool spec_message_build(struct actor_http *http, bool is_request, struct spec_message *out) MUST_USE;
/* Writes the virtual wall clock's date into the message, if it has one that is older. */
void spec_message_renew(struct actor_http *http, struct spec_message *message);

/* Takes a head apart: ends are replaced by NULs. false: *why is what makes it no head. */
bool spec_message_split(struct http_head *head, const char **why) MUST_USE;
/* The value of the first field of that name; data NULL: there is none. */
struct str spec_message_field(const struct http_head *head, struct str name);
unsigned spec_message_field_count(const struct http_head *head, struct str name);

bool spec_message_gunzip(struct buf *body, const char **why) MUST_USE;

#endif
