using AgentWarden.Platform.Composition.Commands;
using AgentWarden.Platform.Hosting;

// A Functions host starts its custom handler without arguments and sets the port; people and pods give a command.
return args.Length == 0 && CustomHandlerHost.Port(Settings.Read) is { } port
    ? await HandlerCommand.RunAsync(port)
    : await Cli.RunAsync(args);
