complete --keep-order --exclusive --command tellonce --arguments "(COMPLETE=fish tellonce -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
