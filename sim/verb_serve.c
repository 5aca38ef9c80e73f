/* `lockstep-sim serve`. */
#include "sim/serve.h"
#include "sim/verb.h"
#include "sim/verb_line.h"

static const char help[] =
    "usage: lockstep-sim serve\n"
    "  One world: a request a line on standard input, as JSON, and an answer a line on standard\n"
    "  output. docs/SERVE.md has them all.\n"
    "exit: 0 at the end of the input\n";

int verb_serve(int argc, char **argv)
{
    if (verb_tells_help(argc, argv, help))
        return VERB_FINE;
    if (argc > 1) {
        verb_line_refuse("serve", "'%s' is too much: expected no word behind 'serve'", argv[1]);
        return VERB_WRONG;
    }
    return serve_dialogue();
}
