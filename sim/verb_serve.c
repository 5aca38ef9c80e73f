/* `lockstep-sim serve`. */
#include "sim/serve.h"
#include "sim/verb.h"

int verb_serve(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return serve_dialogue();
}
