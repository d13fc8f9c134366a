using System.Buffers;
using System.IO.Pipelines;

namespace AgentWarden.Platform.Hosting;

/// <summary>A request's body in one piece: the server's own buffer when it came in one, else a pooled one. Valid until <see cref="Release"/>.</summary>
internal struct RequestBody
{
    private const int FirstBuffer = 16 * 1024;

    private PipeReader? _reader;
    private SequencePosition _end;
    private byte[]? _rented;

    public ReadOnlyMemory<byte> Memory { get; private set; }

    /// <summary>True when the body is larger than the limit; then there is no memory.</summary>
    public bool TooLarge { get; private set; }

    /// <param name="reader">The body.</param>
    /// <param name="length">Content-Length, when it was sent.</param>
    /// <param name="limit">Most bytes to take.</param>
    /// <param name="cancellation">The request's.</param>
    public static async ValueTask<RequestBody> ReadAsync(PipeReader reader, long? length, int limit, CancellationToken cancellation)
    {
        if (length > limit)
        {
            return new RequestBody { TooLarge = true };
        }

        var first = await reader.ReadAsync(cancellation);
        var whole = first.IsCompleted || first.Buffer.Length == length;
        if (whole && first.Buffer.IsSingleSegment)
        {
            return first.Buffer.Length > limit
                ? Refuse(reader, first.Buffer)
                : new RequestBody { Memory = first.Buffer.First, _reader = reader, _end = first.Buffer.End };
        }

        return await CopyAsync(reader, first, length, limit, cancellation);
    }

    /// <summary>Gives the buffer back. Call it once, when nobody reads the memory any more.</summary>
    public void Release()
    {
        _reader?.AdvanceTo(_end);
        _reader = null;
        if (_rented is not null)
        {
            ArrayPool<byte>.Shared.Return(_rented);
            _rented = null;
        }

        Memory = default;
    }

    private static async ValueTask<RequestBody> CopyAsync(PipeReader reader, ReadResult result, long? length, int limit, CancellationToken cancellation)
    {
        var rented = ArrayPool<byte>.Shared.Rent((int)(length ?? FirstBuffer));
        var count = 0;
        try
        {
            while (true)
            {
                if (count + result.Buffer.Length > limit)
                {
                    ArrayPool<byte>.Shared.Return(rented);
                    return Refuse(reader, result.Buffer);
                }

                var next = (int)result.Buffer.Length;
                if (count + next > rented.Length)
                {
                    rented = Grow(rented, count, Math.Min(limit, Math.Max(count + next, rented.Length * 2)));
                }

                result.Buffer.CopyTo(rented.AsSpan(count));
                count += next;
                reader.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted || count == length)
                {
                    return new RequestBody { Memory = rented.AsMemory(0, count), _rented = rented };
                }

                result = await reader.ReadAsync(cancellation);
            }
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(rented);
            throw;
        }
    }

    private static RequestBody Refuse(PipeReader reader, ReadOnlySequence<byte> buffer)
    {
        reader.AdvanceTo(buffer.End);
        return new RequestBody { TooLarge = true };
    }

    private static byte[] Grow(byte[] rented, int count, int size)
    {
        var larger = ArrayPool<byte>.Shared.Rent(size);
        rented.AsSpan(0, count).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(rented);
        return larger;
    }
}
