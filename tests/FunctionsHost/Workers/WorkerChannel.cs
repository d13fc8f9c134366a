using System.Collections.Concurrent;
using System.Threading.Channels;
using AgentWarden.FunctionsHost.Workers.Rpc;
using Grpc.Core;

namespace AgentWarden.FunctionsHost.Workers;

/// <summary>The stream of one worker: questions with their answers, invocations with their results, and the worker's logs.</summary>
internal sealed class WorkerChannel
{
    private readonly Channel<StreamingMessage> _outgoing = Channel.CreateUnbounded<StreamingMessage>(new() { SingleReader = true });
    private readonly ConcurrentDictionary<string, TaskCompletionSource<StreamingMessage>> _questions = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, TaskCompletionSource<InvocationResponse>> _invocations = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<RpcLog> _logs = new();
    private volatile Exception? _failure;

    /// <summary>Ends when the worker has opened its stream.</summary>
    public Task Connected => _connected.Task;

    /// <summary>What the worker logged to the host so far.</summary>
    public IReadOnlyCollection<RpcLog> Logs => _logs;

    /// <summary>Invocations without an answer.</summary>
    public int InFlight => _invocations.Count;

    /// <summary>Runs until the stream ends. The first message was read already.</summary>
    public async Task RunAsync(
        IAsyncStreamReader<StreamingMessage> from, IServerStreamWriter<StreamingMessage> to, CancellationToken cancellation)
    {
        _connected.TrySetResult();
        var writing = WriteAsync(to, cancellation);
        try
        {
            await foreach (var message in from.ReadAllAsync(cancellation))
            {
                Take(message);
            }
        }
        finally
        {
            _outgoing.Writer.TryComplete();
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Sends a question and waits for its answer.</summary>
    public async Task<StreamingMessage> AskAsync(StreamingMessage question, CancellationToken cancellation)
    {
        question.RequestId = $"{Guid.NewGuid()}";
        var answer = new TaskCompletionSource<StreamingMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        _questions[question.RequestId] = answer;
        Send(question);
        ThrowIfFailed(answer);
        return await answer.Task.WaitAsync(cancellation);
    }

    /// <summary>Sends an invocation and waits for its result, whatever it is.</summary>
    /// <exception cref="WorkerEndedException">The worker ended before.</exception>
    public async Task<InvocationResponse> InvokeAsync(InvocationRequest request)
    {
        var result = new TaskCompletionSource<InvocationResponse>(TaskCreationOptions.RunContinuationsAsynchronously);
        _invocations[request.InvocationId] = result;
        Send(new() { RequestId = $"{Guid.NewGuid()}", InvocationRequest = request });
        ThrowIfFailed(result);
        return await result.Task;
    }

    public void Send(StreamingMessage message) => _outgoing.Writer.TryWrite(message);

    /// <summary>The worker is gone: nobody waits for it any longer.</summary>
    public void Fail(Exception failure)
    {
        _failure = failure;
        _connected.TrySetException(failure);
        _outgoing.Writer.TryComplete();
        foreach (var question in _questions.Values)
        {
            question.TrySetException(failure);
        }

        foreach (var id in _invocations.Keys)
        {
            if (_invocations.TryRemove(id, out var invocation))
            {
                invocation.TrySetException(failure);
            }
        }
    }

    private void ThrowIfFailed<T>(TaskCompletionSource<T> waiting)
    {
        // Whoever came after Fail had gone through the lists.
        if (_failure is { } failure)
        {
            waiting.TrySetException(failure);
        }
    }

    private async Task WriteAsync(IServerStreamWriter<StreamingMessage> to, CancellationToken cancellation)
    {
        await foreach (var message in _outgoing.Reader.ReadAllAsync(cancellation))
        {
            await to.WriteAsync(message, cancellation);
        }
    }

    private void Take(StreamingMessage message)
    {
        switch (message.ContentCase)
        {
            case StreamingMessage.ContentOneofCase.RpcLog:
                _logs.Enqueue(message.RpcLog);
                break;
            case StreamingMessage.ContentOneofCase.InvocationResponse:
                if (_invocations.TryRemove(message.InvocationResponse.InvocationId, out var invocation))
                {
                    invocation.TrySetResult(message.InvocationResponse);
                }

                break;
            default:
                if (_questions.TryRemove(message.RequestId, out var question))
                {
                    question.TrySetResult(message);
                }

                break;
        }
    }
}

/// <summary>The worker ended, or was killed, while somebody waited for it.</summary>
internal sealed class WorkerEndedException(int code, string output) : Exception($"The worker ended with code {code}:\n{output}")
{
    public int Code => code;
}
