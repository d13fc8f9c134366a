using AgentWarden.Platform.Composition.Commands;

// A Functions host starts its worker with arguments of its own; people and pods give a command.
return WorkerCommand.IsSupported && WorkerCommand.IsAsked(args)
    ? await WorkerCommand.RunAsync(args)
    : await Cli.RunAsync(args);
