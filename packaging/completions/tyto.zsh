#compdef tyto
# Completion of tyto in zsh, by way of bash's; the program itself knows what fits.
autoload -U +X bashcompinit && bashcompinit
_bash_complete -o default -o bashdefault -C /usr/bin/tyto
