using System.Buffers;

namespace AgentWarden.Kernel.Kubernetes.Http;

/// <summary>
/// A growing window over a response: read what is there, consume what is understood, fill for more. Buffers are pooled, and wiped
/// because they may have held a Secret.
/// </summary>
internal sealed class StreamWindow(Stream stream, int firstSize = StreamWindow.Small) : IDisposable
{
    private const int Small = 16 * 1024;

    /// <summary>
    /// Above this, an empty buffer is given back: one 3 MB object should not stay in memory for as long as the watch lives.
    /// </summary>
    private const int Large = 256 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(firstSize);
    private int _start, _end;

    /// <summary>How far the buffer was ever written: after a compaction old bytes lie beyond the end.</summary>
    private int _touched;

    public bool Ended { get; private set; }

    public ReadOnlySpan<byte> Unread => _buffer.AsSpan(_start, _end - _start);

    public void Consume(int bytes) => _start += bytes;

    /// <summary>Reads at least one byte more; false when the stream has ended.</summary>
    public async ValueTask<bool> FillAsync(CancellationToken cancellation)
    {
        if (Ended)
        {
            return false;
        }

        MakeRoom();
        var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellation);
        _end += read;
        _touched = Math.Max(_touched, _end);
        Ended = read == 0;
        return !Ended;
    }

    /// <summary>Reads until the unread part has doubled, so that what is scanned again and again stays in proportion to its size.</summary>
    public async ValueTask FillDoubleAsync(CancellationToken cancellation)
    {
        var wanted = Math.Max(1, Unread.Length * 2);
        while (Unread.Length < wanted && await FillAsync(cancellation))
        {
        }
    }

    /// <summary>The whole rest of the stream.</summary>
    public async ValueTask FillAllAsync(CancellationToken cancellation)
    {
        while (await FillAsync(cancellation))
        {
        }
    }

    public void Dispose()
    {
        Return(_buffer, _touched);
        _buffer = [];
        _start = _end = _touched = 0;
        Ended = true;
    }

    private void MakeRoom()
    {
        var unread = _end - _start;
        if (unread == 0 && _buffer.Length > Large)
        {
            Replace(Small, unread);
        }
        else if (_end == _buffer.Length && unread > _buffer.Length / 2)
        {
            Replace(_buffer.Length * 2, unread);
        }
        else if (_start > 0 && (unread == 0 || _end == _buffer.Length))
        {
            Buffer.BlockCopy(_buffer, _start, _buffer, 0, unread);
            _start = 0;
            _end = unread;
        }
    }

    private void Replace(int size, int unread)
    {
        var next = ArrayPool<byte>.Shared.Rent(size);
        Buffer.BlockCopy(_buffer, _start, next, 0, unread);
        Return(_buffer, _touched);
        _buffer = next;
        _start = 0;
        _end = _touched = unread;
    }

    private static void Return(byte[] buffer, int used)
    {
        if (buffer.Length > 0)
        {
            buffer.AsSpan(0, used).Clear();
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
