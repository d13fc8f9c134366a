using System.Buffers;
using System.Collections.Frozen;
using Google.Protobuf;

namespace AgentWarden.Platform.Hosting.Grpc;

/// <summary>Sends one message to the caller; done when the caller has room for more.</summary>
internal delegate ValueTask GrpcSend<in TResponse>(TResponse message, CancellationToken cancellation) where TResponse : IMessage;

/// <summary>A method with one request message, and one or many answers.</summary>
/// <param name="Service">With its package, <c>package.Service</c>.</param>
/// <param name="Name">As in the contract.</param>
/// <param name="IsStream">Its answers have no end of their own: it is ended when the process drains.</param>
/// <param name="Parse">Reads the request; the bytes are gone afterwards.</param>
/// <param name="RunAsync">Does the work and sends the answers. A <see cref="GrpcException"/> says the status; any other exception is a fault.</param>
internal sealed record GrpcMethod(string Service, string Name, bool IsStream, Func<ReadOnlySequence<byte>, IMessage> Parse, Func<IMessage, GrpcSend<IMessage>, CancellationToken, Task> RunAsync)
{
    public string Path => $"/{Service}/{Name}";

    public static GrpcMethod Unary<TRequest, TResponse>(string service, string name, MessageParser<TRequest> parser, Func<TRequest, CancellationToken, Task<TResponse>> handle)
        where TRequest : IMessage<TRequest> where TResponse : IMessage =>
        new(service, name, IsStream: false, bytes => parser.ParseFrom(bytes), async (request, send, cancellation) => await send(await handle((TRequest)request, cancellation), cancellation));

    public static GrpcMethod Stream<TRequest, TResponse>(string service, string name, MessageParser<TRequest> parser, Func<TRequest, GrpcSend<TResponse>, CancellationToken, Task> handle)
        where TRequest : IMessage<TRequest> where TResponse : IMessage =>
        new(service, name, IsStream: true, bytes => parser.ParseFrom(bytes), (request, send, cancellation) => handle((TRequest)request, (message, token) => send(message, token), cancellation));
}

/// <summary>What a listener serves, by path.</summary>
internal sealed class GrpcMethods(params IEnumerable<GrpcMethod> methods)
{
    private readonly FrozenDictionary<string, GrpcMethod> _methods = methods.ToFrozenDictionary(m => m.Path, StringComparer.Ordinal);

    /// <summary>A larger message is refused with RESOURCE_EXHAUSTED. 4 MB is the usual limit of gRPC.</summary>
    public int MaxMessageBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>The method, or null when it is not served: then <see cref="Unknown"/> says what is.</summary>
    public GrpcMethod? Find(string path) => _methods.GetValueOrDefault(path);

    /// <summary>UNIMPLEMENTED, with what there is.</summary>
    public GrpcException Unknown(string path)
    {
        var siblings = _methods.Values.Where(m => path.StartsWith($"/{m.Service}/", StringComparison.Ordinal)).Select(m => m.Name).Order(StringComparer.Ordinal).ToArray();
        return new GrpcException(GrpcStatus.Unimplemented, siblings.Length == 0
            ? $"This service is not served here. Services: {string.Join(", ", _methods.Values.Select(m => m.Service).Distinct(StringComparer.Ordinal))}."
            : $"The service has no such method. Methods: {string.Join(", ", siblings)}.");
    }
}
