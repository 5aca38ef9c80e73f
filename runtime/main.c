/* lockstep: a proxy on the real world. */
#include "node.h"
#include "platform/platform_epoll.h"

int main(int argc, char **argv)
{
    struct platform *platform = platform_epoll_create();
    if (!platform)
        return 1;
    int exit_code = 1;
    struct node *node = node_create(platform);
    if (node) {
        if (node_start(node, argc, (const char *const *)argv, &exit_code) == NODE_RUNNING) {
            while (node_turn(node) == NODE_RUNNING)
                ;
            exit_code = node_exit_code(node);
        }
        node_destroy(node);
    }
    platform_epoll_destroy(platform);
    return exit_code;
}
