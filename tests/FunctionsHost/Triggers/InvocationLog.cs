using System.Collections.Concurrent;
using AgentWarden.FunctionsHost.App;
using AgentWarden.FunctionsHost.Workers;
using AgentWarden.FunctionsHost.Workers.Rpc;

namespace AgentWarden.FunctionsHost.Triggers;

/// <summary>What became of every invocation.</summary>
internal sealed class InvocationLog
{
    private readonly ConcurrentQueue<Invocation> _all = new();

    public IReadOnlyCollection<Invocation> All => _all;

    /// <summary>Runs one and keeps its end.</summary>
    /// <param name="function">Whose.</param>
    /// <param name="invoke">Asks the worker.</param>
    /// <param name="message">Id of the queue message that it is for.</param>
    /// <returns>Whether the worker says that it succeeded; a worker that ended meanwhile is a failure.</returns>
    public async Task<Invocation> RunAsync(HostedFunction function, Func<Task<InvocationResponse>> invoke, string message = "")
    {
        Invocation invocation;
        try
        {
            var answer = await invoke();
            var succeeded = answer.Result.Status == StatusResult.Types.Status.Success;
            invocation = new(function.Name, succeeded, answer.Result.Exception?.Message ?? "", message);
        }
        catch (Exception lost) when (lost is WorkerEndedException or ForwardingException)
        {
            invocation = new(function.Name, Succeeded: false, lost.Message, message);
        }

        _all.Enqueue(invocation);
        return invocation;
    }
}

/// <summary>One invocation that has ended.</summary>
/// <param name="Function">Its name.</param>
/// <param name="Succeeded">By the worker's word.</param>
/// <param name="Error">The worker's, or empty.</param>
/// <param name="Message">Id of the queue message that it was for, or empty.</param>
internal sealed record Invocation(string Function, bool Succeeded, string Error, string Message);
