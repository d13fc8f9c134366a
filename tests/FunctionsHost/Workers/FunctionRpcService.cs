using System.Collections.Concurrent;
using AgentWarden.FunctionsHost.Workers.Rpc;
using Grpc.Core;

namespace AgentWarden.FunctionsHost.Workers;

/// <summary>The host's gRPC service: gives each stream to the worker that it names in its first message.</summary>
internal sealed class FunctionRpcService(ExpectedWorkers workers) : FunctionRpc.FunctionRpcBase
{
    public override async Task EventStream(
        IAsyncStreamReader<StreamingMessage> requestStream, IServerStreamWriter<StreamingMessage> responseStream, ServerCallContext context)
    {
        if (!await requestStream.MoveNext(context.CancellationToken)
            || requestStream.Current.StartStream is not { } start
            || !workers.TryGetValue(start.WorkerId, out var channel))
        {
            const string Reason = "The first message is StartStream, of a worker that was started.";
            throw new Grpc.Core.RpcException(new Status(StatusCode.InvalidArgument, Reason));
        }

        await channel.RunAsync(requestStream, responseStream, context.CancellationToken);
    }
}

/// <summary>The workers that were started, by their id.</summary>
internal sealed class ExpectedWorkers() : ConcurrentDictionary<string, WorkerChannel>(StringComparer.Ordinal);
