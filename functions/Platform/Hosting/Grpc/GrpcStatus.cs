using AgentWarden.Kernel.Telemetry;

namespace AgentWarden.Platform.Hosting.Grpc;

/// <summary>How a call ended: the codes of gRPC that this server gives (grpc/doc/statuscodes.md).</summary>
internal enum GrpcStatus
{
    Ok = 0,

    /// <summary>The caller's mistake, whatever the state of the system.</summary>
    InvalidArgument = 3,

    /// <summary>The caller's <c>grpc-timeout</c> passed.</summary>
    DeadlineExceeded = 4,

    /// <summary>A message above the limit.</summary>
    ResourceExhausted = 8,

    /// <summary>No such service or method, or an encoding that is not supported.</summary>
    Unimplemented = 12,

    /// <summary>The protocol was broken, or a method failed.</summary>
    Internal = 13,

    /// <summary>Not here, not now: the call may be repeated.</summary>
    Unavailable = 14,
}

/// <summary>Ends a call with a status and a message that the caller sees. So the message holds no secret, and says what to do.</summary>
internal sealed class GrpcException : Exception, IPublicMessage
{
    public GrpcException()
    {
    }

    public GrpcException(string message) : base(message)
    {
    }

    public GrpcException(string message, Exception inner) : base(message, inner)
    {
    }

    public GrpcException(GrpcStatus status, string message) : base(message) => Status = status;

    public GrpcStatus Status { get; } = GrpcStatus.Internal;
}
